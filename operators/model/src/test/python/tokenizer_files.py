"""Small tokenizers with fixed vocabularies, in the three shapes the models use. Nothing is trained or downloaded."""

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers.convert_slow_tokenizer import bytes_to_unicode

WORDS = (
    "the of and to in is was for on that with as by from at his it an are were which this be had first also "
    "has its or but not have one new after who their been other two when there all year during time into world "
    "used more city made between about where most only some river people state war known early born under river "
    "house over three part south north east west water light star music book king queen ship island stone winter "
    "summer engine paper number letter answer question history science computer language mountain forest garden"
).split()


def _merges(words, pieces):
    """Merges that build each word left to right, in order of first use; `pieces` spells a word."""
    vocabulary, merges = set(), []
    for word in words:
        parts = pieces(word)
        left = parts[0]
        for right in parts[1:]:
            if (left, right) not in merges:
                merges.append((left, right))
            left += right
            vocabulary.add(left)
    return sorted(vocabulary), merges


def byte_level(special, first=()):
    """GPT-2's kind. `first` are special tokens with the lowest ids; a template puts first[-1] before a text."""
    letters = bytes_to_unicode()
    spell = lambda word: [letters[b] for b in word.encode()]
    words, merges = _merges([w for word in WORDS for w in (" " + word, word)], spell)
    vocabulary = {token: i for i, token in enumerate([*first, *letters.values(), *words, *special])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in (*first, *special)])
    if first:
        _begin_with(tokenizer, first[-1])
    return tokenizer


def sentence_piece():
    """Llama's kind: words begin with U+2581, what is not in the vocabulary falls back to bytes, <s> comes first."""
    spell = lambda word: list("▁" + word)
    words, merges = _merges(WORDS, spell)
    characters = [chr(c) for c in range(32, 127) if c != 32] + ["▁", "é", "ü", "—"]
    byte_tokens = [f"<0x{b:02X}>" for b in range(256)]
    tokens = ["<unk>", "<s>", "</s>", *byte_tokens, *characters, *words]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(dict.fromkeys(tokens))}, merges=merges,
                                     unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in ("<unk>", "<s>", "</s>")])
    _begin_with(tokenizer, "<s>")
    return tokenizer


def word_piece():
    """BERT's kind: [CLS] text [SEP], lower case, words or single letters."""
    letters = [chr(c) for c in range(33, 127)]
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *("##" + c for c in letters), *WORDS]
    tokenizer = Tokenizer(models.WordPiece(vocab={t: i for i, t in enumerate(dict.fromkeys(tokens))},
                                           unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", cls), ("[SEP]", sep)])
    # As published sentence encoders have it: a reader that does not switch this off truncates and pads.
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16)
    return tokenizer


def _begin_with(tokenizer, token):
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{token} $A", pair=f"{token} $A {token} $B", special_tokens=[(token, tokenizer.token_to_id(token))])
