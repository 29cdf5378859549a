"""Who people are, as a directory outside says: LDAP, OpenID Connect and GitHub behind one face.

Adapters to other systems. They know neither tables nor GraphQL; who of these people is on board,
and what each may do, is the domain's.
"""
