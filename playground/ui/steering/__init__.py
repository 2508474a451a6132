"""What a person does with a run while it goes on, beside its buttons and knobs."""
