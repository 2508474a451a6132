"""What a person can choose. One file for each thing; no file imports another."""
