"""What the people who look after an installation do with it: back it up, restore it, upgrade it, ask what is wrong."""
