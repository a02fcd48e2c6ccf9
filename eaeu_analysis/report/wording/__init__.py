"""Sentences in all languages: templates, numbers, spoken forms."""
