"""Retrieval in photographs: a joint space learned on what two frozen networks of others know."""
