"""The commands, one file each: arguments(parser) and run(args, out) -> exit code."""
