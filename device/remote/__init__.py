"""What others may ask of this device by a broker, and what they see of it there."""
