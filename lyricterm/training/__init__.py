"""Training one run after another: the loop, what it saves, and how a saved run goes on."""
