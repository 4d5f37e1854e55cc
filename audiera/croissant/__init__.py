"""The vocabulary of datasets for machine learning: schema.org with Croissant 1.1, ODRL and CAWG, as JSON."""
