"""Figures of merit; numpy in, plain floats out; ties never help."""
