"""The only code that opens a visitor's file: pictures, clips and sounds."""
