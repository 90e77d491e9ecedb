"""The monthly brief as PDF: content in, bytes out."""
