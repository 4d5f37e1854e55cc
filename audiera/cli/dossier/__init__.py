"""`audiera dossier`: what a model was trained on, for a regulator and for a lawyer."""
