"""The filtering core: gravity in the sensor frame, from acceleration and angular rate."""
