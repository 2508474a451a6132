"""Exports: what comes out does what the network does, and what does not is never written."""
