"""What a GGUF file says of the model in it: who it is, its sizes, and its vocabulary, under llama.cpp's keys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.tokens.gguf_vocabulary import Vocabulary

if TYPE_CHECKING:
    from gguf import GGUFWriter

Q8_0, F16 = "q8_0", "f16"
# The first is what she is offered: half the size, and hardly another model. Of 272 places in the sample's test poems,
# llama.cpp took the likeliest token of the workshop's own float32 model at 262 with q8_0, and with f16 at all
# (tests/bench/quantised.py).
QUANTISATIONS = (Q8_0, F16)


def describe(writer: "GGUFWriter", name: str, base: str, licence: str, record: Mapping, quantisation: str) -> None:
    """Says whose model this is and, from the run's record, what it learned; `licence` is "" where no card names one."""
    from gguf import GGML_QUANT_VERSION, LlamaFileType

    writer.add_type("model")
    writer.add_name(name)
    writer.add_license(licence)
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, base)
    writer.add_tags(["llms-para-poetas", record["task"]])
    writer.add_languages([record["language"]])
    writer.add_file_type(LlamaFileType.MOSTLY_F16 if quantisation == F16 else LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(GGML_QUANT_VERSION)


def measure(writer: "GGUFWriter", config: Mapping, vocabulary: int, context: int) -> None:
    """Says the sizes of a model, from `gguf_tensors.configuration`; `vocabulary` and `context` are in tokens."""
    writer.add_context_length(context)
    writer.add_vocab_size(vocabulary)
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    if config["model_type"] == "gpt2":
        writer.add_layer_norm_eps(config["norm_eps"])
        return
    writer.add_layer_norm_rms_eps(config["norm_eps"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])


def spell(writer: "GGUFWriter", words: Vocabulary) -> None:
    """Writes the vocabulary, which ids begin and end a text, and the chat template where there is one."""
    writer.add_tokenizer_model("gpt2")  # llama.cpp's name for every byte-level vocabulary
    writer.add_tokenizer_pre(words.pre)
    writer.add_token_list(words.tokens)
    writer.add_token_types(words.types)
    writer.add_token_merges(words.merges)
    for id, add in (
        (words.bos_id, writer.add_bos_token_id),
        (words.eos_id, writer.add_eos_token_id),
        (words.eot_id, writer.add_eot_token_id),
        (words.pad_id, writer.add_pad_token_id),
    ):
        if id is not None:
            add(id)
    writer.add_add_bos_token(words.adds_bos)
    writer.add_add_eos_token(False)
    if words.template:
        writer.add_chat_template(words.template)
