"""The commands, one file each: HELP, arguments(parser) and run(args, out) -> exit code."""
