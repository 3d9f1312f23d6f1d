"""How a model is made from nothing, to be read in this order.

recipe      what is asked for, as a YAML file with its reasons (`small.yaml` first)
corpus      texts read from disk, cleaned, some kept apart by document
tokenizer   the pieces that texts are cut in, learned from them
rows        texts as ids on disk, packed in rows; which rows each step reads
model       the network, drawn at random
attention   its dearest part, for training on a processor
loss        what a guess costs, with its gradients
optimizer   how each step changes the weights
train       the loop: steps, checkpoints, metrics
held_out    bits a character on texts that it never read
export      the model as a folder that others load
probe       a small look at what it takes for granted
record      how it did and what it took, measured and kept
card        what it is, what it was made from, what it wrote: the record as a page
make        all of it, in order; a stage before the training that is done is not done again
"""
