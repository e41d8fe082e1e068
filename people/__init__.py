"""Users, roles, log-in: who may do what, and how we know that it is them."""
