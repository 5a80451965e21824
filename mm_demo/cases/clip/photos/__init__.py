"""CLIP on photographs: what two frozen networks of others know, tied together by two small heads."""
