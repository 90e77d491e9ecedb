"""What is done with an installation: backed up, restored, upgraded, asked what is wrong."""
