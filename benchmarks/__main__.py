"""`python -m benchmarks`: run every benchmark and write its results."""

from benchmarks.quality import main

if __name__ == "__main__":
    main()
