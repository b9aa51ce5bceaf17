"""Names of splits that may as well be those of classes: short ones, and those of other languages.

They count only where all folders beside one another are splits, and that for training has folders.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from engine.data.inventory.layouts.split_names import SplitName, split_of

RARE_SPLIT_NAMES: Mapping[str, SplitName] = {
    **dict.fromkeys(("tr", "entrenamiento", "entrainement", "apprentissage"), "train"),
    **dict.fromkeys(("treino", "treinamento", "trainingsdaten"), "train"),
    **dict.fromkeys(("训练", "训练集", "訓練", "訓練集"), "train"),
    **dict.fromkeys(("validacion", "validacao", "validierung"), "validation"),
    **dict.fromkeys(("validierungsdaten", "验证", "验证集", "驗證", "驗證集"), "validation"),
    **dict.fromkeys(("te", "prueba", "pruebas", "teste", "testes", "testdaten"), "test"),
    **dict.fromkeys(("测试", "测试集", "測試", "測試集"), "test"),
}


def rare_split_of(name: str) -> SplitName | None:
    """The split that a name may mean, with or without accents: `Validación`, `X_tr`.

    >>> rare_split_of("Entraînement")
    'train'
    """
    plain = unicodedata.normalize("NFKD", name.lower())
    words = re.findall(r"[^\W\d_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    return split_of(name) or RARE_SPLIT_NAMES.get(words[-1] if words else "")
