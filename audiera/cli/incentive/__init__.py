"""`ape run incentive`: rewards by use."""
