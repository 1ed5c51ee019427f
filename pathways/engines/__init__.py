"""The two engines behind one signature: ``run(plan, ...) -> RawResult``."""
