"""One module for each family of files: how it is framed, where it breaks, how it is read."""
