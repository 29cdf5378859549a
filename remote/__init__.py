"""Other clusters that jobs can be sent to, contacted for real: one face for three kinds of them.

Nothing here keeps anything: settings and secrets come in, a reading or why there is none goes out.
"""
