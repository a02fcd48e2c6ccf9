"""Cards of the findings: a picture with its sentence and a caption, to be shared."""
