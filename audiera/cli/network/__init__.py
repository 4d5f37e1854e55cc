"""Commands about the network itself."""
