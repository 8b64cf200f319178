"""One queue over several keys, so that several nodes of a cluster share its work."""
