"""Captioning of photographs: a decoder over what frozen networks of others see."""
