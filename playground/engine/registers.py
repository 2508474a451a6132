"""Fixed places in the arena: registers (int64), cells (float32) and knobs. The only place that gives them numbers.

The arena is one block of bytes seen twice: F as float32, R as int64. It begins with ZEROS numbers that stay 0 (where a product
without a start value begins), then control registers and cells, then the state: its registers, parameters, slots, statistics.
"""

#: Numbers at the start of F that stay 0: as many as the widest tile of a product has columns.
ZEROS = 64

#: Control registers, as indices of R: they steer one call of `run` and are no part of the state.
CONTROL = ZEROS // 2
BATCH = CONTROL + 0  # rows of a full batch
ROWS = CONTROL + 1  # rows the patched words hold at present; 0 forces patching
WINDOW_COUNT = CONTROL + 2  # samples in the window being read
WINDOW_X = CONTROL + 3  # F index of its inputs
WINDOW_Y = CONTROL + 4  # F index of its targets
ORDER = CONTROL + 5  # R index of the permutation of the window
SHUFFLE = CONTROL + 6  # 1: samples are taken in the order of the permutation
TRAINING = CONTROL + 7  # 1: a step counts and a pass ends in a new epoch; 0: `run` returns at the end of the window
HALT = CONTROL + 8  # anything but 0 stops `run` after the step that is being done
OUTPUTS = CONTROL + 9  # F index where the network's outputs go, sample by sample; 0: nowhere
ORDERED_EPOCH = CONTROL + 10  # the permutation at ORDER is that of epoch ORDERED_EPOCH - 1 ...
ORDERED_SEED = CONTROL + 11  # ... and of this seed; the runner draws it anew whenever state and permutation differ
ORDERED_COUNT = CONTROL + 12  # ... and of so many samples
ACCUMULATE = CONTROL + 13  # batches whose gradients make one step
FIRST_ROW = CONTROL + 14  # rows of this step that came in batches before this one; random numbers of rows count from it
STEP_ROWS = CONTROL + 15  # rows of this step in all its batches
WEIGHED = CONTROL + 16  # 1: batches of a step are gathered by what their rows weigh, alike in all losses; 0: by their rows
CONTROL_COUNT = 48

#: Single numbers, as indices of F: rewritten by every step, no part of the state.
CELLS = ZEROS + 2 * CONTROL_COUNT
VERDICT = CELLS + 0  # 1: loss and gradient norm are finite; 0 stops `run` before the update
LOSS = CELLS + 16  # mean loss of the step
NORM = CELLS + 32  # norm of the whole gradient
CLIP_SCALE = CELLS + 48  # what the update multiplies the gradient by ...
CLIP_MOST = CLIP_SCALE + 1  # ... after it has brought every number of it within this; infinity: no limit
HEAD_LOSSES = CELLS + 64  # the loss of each head, where there are several
MOST_HEADS = 16
HEAD_WEIGHTS = HEAD_LOSSES + MOST_HEADS  # behind them: what the rows of the batch weigh in each loss that has weights
AVERAGE_SHARE = CELLS + 64 + 2 * MOST_HEADS  # how far the averaged weights move towards the weights after this step
STEP_WEIGHT = AVERAGE_SHARE + 1  # what the rows of this step weigh that came in batches before this one, where they have weights
CELL_COUNT = 80 + 2 * MOST_HEADS

#: The state begins here (index of F, a multiple of 16) with its own registers (indices of R).
STATE = CELLS + CELL_COUNT
STATE_REGISTERS = STATE // 2
STEP = STATE_REGISTERS + 0  # updates done since the weights were initialised
EPOCH = STATE_REGISTERS + 1  # passes over the training part finished
CURSOR = STATE_REGISTERS + 2  # samples of the present pass already used
SEED = STATE_REGISTERS + 3  # of every random stream
AVERAGED = STATE_REGISTERS + 4  # states that the averaged weights are the mean of
STATE_REGISTER_COUNT = 16

#: Parameters follow, as an index of F.
PARAMETERS = STATE + 2 * STATE_REGISTER_COUNT

#: Knobs with a fixed place.
RATE_NOW = 0  # base rate times the schedule's factor, written by the runner at every step
RATE = 1  # base rate
CONSTANT_ZERO = 2
CONSTANT_ONE = 3
CLIP = 4  # longest gradient allowed; 0 is no limit
CLIP_VALUE = 5  # largest part of the gradient allowed; 0 is no limit
AVERAGE_DECAY = 6  # share of the averaged weights that a step keeps
MOMENTUM_NOW = 7  # the momentum as the schedule lowers it, written by the runner at every step
MOMENTUM = 8  # the optimizer's own momentum, where it has one
FIRST_UPDATE_KNOB = MOMENTUM  # the optimizer's own numbers
FIRST_PENALTY_KNOB = 16  # those of the penalty
FIRST_FREE_KNOB = 20  # live fields of layers
KNOB_COUNT = 1024

#: 64-bit words of an instruction after its opcode.
WIDTH = 48

#: Columns of a row of the ring: loss, rate, gradient norm, rows; then the loss of each head, where there are several.
RING_COLUMNS = 4
