// Functions without a body are taken from package runtime; this file allows them.
