"""What a GGUF file says of the model in it: who it is, its sizes, and its vocabulary, under llama.cpp's keys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.tokens.gguf_vocabulary import Vocabulary

if TYPE_CHECKING:
    from gguf import GGUFWriter

Q8_0, F16 = "q8_0", "f16"
QUANTISATIONS = (Q8_0, F16)  # the first is what she is offered: half the size, and hardly another model


def describe(writer: "GGUFWriter", name: str, base: str, licence: str, language: str, quantisation: str) -> None:
    """Says whose model this is; `licence` is "" where its card names none."""
    from gguf import GGML_QUANT_VERSION, LlamaFileType

    writer.add_type("model")
    writer.add_name(name)
    writer.add_license(licence)
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, base)
    writer.add_tags(["llms-para-poetas"])
    writer.add_languages([language])
    writer.add_file_type(LlamaFileType.MOSTLY_F16 if quantisation == F16 else LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(GGML_QUANT_VERSION)


def measure(writer: "GGUFWriter", config: Mapping, context: int) -> None:
    """Says the sizes of a model, from what transformers knows of its configuration. `context` is in tokens."""
    first = lambda *names: next(config[name] for name in names if config.get(name) is not None)  # noqa: E731
    heads, width = first("num_attention_heads", "n_head"), first("hidden_size", "n_embd")
    writer.add_context_length(context)
    writer.add_vocab_size(config["vocab_size"])
    writer.add_embedding_length(width)
    writer.add_block_count(first("num_hidden_layers", "n_layer"))
    writer.add_head_count(heads)
    if config["model_type"] == "gpt2":
        writer.add_feed_forward_length(config.get("n_inner") or 4 * width)
        writer.add_layer_norm_eps(config["layer_norm_epsilon"])
        return
    side = config.get("head_dim") or width // heads
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_key_length(side)
    writer.add_value_length(side)
    writer.add_rope_dimension_count(side)
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])


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
