"""The local cloud: the guard's own template, deployed into an emulator of AWS on this machine."""
