"""How a field is answered: thin functions that fetch or delegate, one module per area."""
