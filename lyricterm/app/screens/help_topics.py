"""What the help explains."""

from __future__ import annotations

from lyricterm.core.i18n import N_

TOPICS: tuple[tuple[str, str], ...] = (
    (
        N_("What you see"),
        N_(
            "A recurrent neural network, written out from scratch, learns to predict the next character of "
            "song lyrics. Every few epochs it writes lyrics for a few prefixes, by taking the "
            "likeliest character each time, unless the settings say otherwise."
        ),
    ),
    (
        N_("loss and perplexity"),
        N_(
            "The loss is the mean cross-entropy in nats per character; its panel shows each minibatch. Perplexity is "
            "the exponential of the loss over a whole epoch, so its panel shows each epoch. 1 is best, the vocabulary "
            "size is what guessing gets, infinity is worst."
        ),
    ),
    (
        N_("held-out text (the dotted line)"),
        N_(
            "Text that the model is not trained on, scored after each epoch; ▴ is the best epoch. The horizontal lines "
            "are guessing, the frequencies of single characters, and a bigram, which knows the character before. Where "
            "the training line falls and the dotted one rises, the model learns its text by heart; --keep best ends a "
            "run with the weights of the best epoch."
        ),
    ),
    (
        N_("sampling ({sampling_key})"),
        N_(
            "Random: examples are cut from anywhere in the text and the hidden state starts at zero for every "
            "minibatch. Consecutive: minibatches follow each other in the text, and the hidden state is "
            "carried on through the whole epoch."
        ),
    ),
    (
        N_("clipping ({clipping_key}) and theta ({theta_down_key} {theta_up_key})"),
        N_(
            "A recurrent network's gradient can explode; clipping scales it down so that its norm is at "
            "most theta. Turn it off to watch the chapter's settings overflow."
        ),
    ),
    (
        N_("activation ({activation_key})"),
        N_(
            "tanh keeps the hidden state between -1 and 1. ReLU has no upper bound: it is slower to learn "
            "here, and without clipping it explodes, or its units die (they stay at 0)."
        ),
    ),
    (
        N_("detach ({detach_key})"),
        N_(
            "With consecutive sampling, detach cuts the carried state from the gradient at each minibatch. "
            "Off, the gradient runs back through the whole epoch so far, and every minibatch takes longer "
            "than the one before."
        ),
    ),
    (
        N_("learning rate ({lr_down_key} {lr_up_key})"),
        N_(
            "The loss is summed over batch and time steps, as in the chapter, so lr 0.2 with theta 5 belong "
            "to the sum. Later editions take the mean with lr 100 and theta 0.01: once clipped, the same "
            "step."
        ),
    ),
    (
        N_("sample every ({period_down_key} {period_up_key})"),
        N_("How many epochs pass between two samples of lyrics. At 1 you see how a barely trained model writes."),
    ),
    (
        N_("prompt ({prompt_key})"),
        N_(
            "Type the beginning of a lyric (a prefix), and the model goes on with it, again and again as it "
            "learns; brighter characters are those it is surer of, underlined ones are copied from the "
            "training text in pieces of 8 or more. {keep_key} keeps the completion in the log, {take_key} "
            "takes it over, {leave_key} leaves. {knobs_key} opens the knobs of decoding (temperature, top-k, "
            "…): the arrows or digits turn them. {again_key} draws again, {several_key} writes several to "
            "choose from."
        ),
    ),
    (
        N_("inside ({inside_key})"),
        N_(
            "Seven views of the running model, with the keys 1 to 7: which minibatch each piece of the text "
            "goes to, the vocabulary and its one-hot vectors, how the gradient vanishes or explodes on its way "
            "back through time, the hidden units over the text (Enter: an LSTM's C, the gates), the likeliest "
            "next characters, a check of our gradients against autograd's, and the optimizer's next step. Only "
            "what you look at is computed; {pause_key} pauses there, too, {studio_key} comes back."
        ),
    ),
    (
        N_("exercises ({exercises_key})"),
        N_(
            "The chapter's questions (random or consecutive sampling, hyperparameters, no clipping, lyrics "
            "after every epoch, no detach, ReLU), and five more: memory or skill, the cells, layers, "
            "optimizers, decoding. {play_key} plays one: its runs train with the same seeds while your own run "
            "waits, and a verdict says what the numbers show. {earlier_key} and {later_key} step through the "
            "lyrics."
        ),
    ),
    (
        N_("comparing ({compare_key})"),
        N_(
            "All runs, those on disk too, in a table and as curves over each other. {choose_key} chooses what is "
            "drawn, {in_seconds_key} changes between epochs and seconds, {zoom_in_key} and {zoom_out_key} or the wheel "
            "zoom, {read_left_key} {read_right_key} or the mouse read the curves, {take_up_key} opens a run, "
            "{pin_run_key} pins it, {name_run_key} names it, {remove_run_key} removes it. ▾ is a change, × an overflow."
        ),
    ),
    (
        N_("exporting ({export_key}, {copy_key})"),
        N_(
            "{export_key} writes curves and samples as CSV or JSON lines, a report as HTML, or the screen as SVG; "
            "from the comparison, of all runs that are drawn. {copy_key} copies the completion to the clipboard."
        ),
    ),
    (
        N_("controlling the run"),
        N_(
            "{go_key} pauses and goes on, {step_key} trains one minibatch; {restart_key} restarts with the same "
            "seed (the same numbers again), {seed_key} with another. {settings_key} opens all settings; those "
            "that need a new run say so."
        ),
    ),
)
"""Title and two sentences each; source texts, with fields for the keys."""
