"""What hands do with goods: bodies looked at, signs of concealment over time, how much they weigh. Makes no events."""
