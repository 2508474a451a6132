"""What `playground bench` measures. Every side runs in a process of its own: two OpenMP runtimes in one would make one of them crawl."""
