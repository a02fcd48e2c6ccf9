"""Specification curves: every admissible design, estimated and ranked among placebos."""
