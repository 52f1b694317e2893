"""The screen. It never imports torch or the engine; it hears of them through events."""
