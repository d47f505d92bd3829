"""The classes that programs and notebooks use; `driver` has them all."""
