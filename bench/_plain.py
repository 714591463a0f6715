"""What most would write first: scikit-learn's defaults for each kind of fields."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from science.fields import Kind, Schema

Rows = Sequence[Mapping[str, Any]]


class Plain:
    """A pipeline of scikit-learn on our rows."""

    def __init__(self, name: str, schema: Schema, model: Pipeline) -> None:
        self.name, self.schema, self.model = name, schema, model

    def matrix(self, rows: Rows) -> np.ndarray:
        """The rows as one array of objects, a column a field (pixels of images flattened)."""
        images = [field.name for field in self.schema.fields if field.kind is Kind.IMAGE]
        if images:
            return np.array([_pixels(row[images[0]]) for row in rows])
        return np.array(
            [[_cell(row.get(f.name), f.kind) for f in self.schema.fields] for row in rows], object
        )

    def fit(self, rows: Rows, labels: Sequence[str]) -> "Plain":
        """Fit, and return itself."""
        self.model.fit(self.matrix(rows), np.array(labels, dtype=object))
        return self

    def predict_proba(self, rows: Rows) -> np.ndarray:
        """Probabilities (n_rows, n_labels), columns by `labels`."""
        return np.asarray(self.model.predict_proba(self.matrix(rows)))

    @property
    def labels(self) -> list[str]:
        """What the columns stand for."""
        return [str(label) for label in self.model.classes_]


def defaults_for(schema: Schema) -> list[Plain]:
    """The defaults that fit the fields: logistic regression, and where there is a table boosting as well."""
    if any(field.kind is Kind.IMAGE for field in schema.fields):
        pixels = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
        return [Plain("logistic regression on pixels", schema, pixels)]
    texts = [i for i, f in enumerate(schema.fields) if f.kind is Kind.TEXT]
    numbers = [i for i, f in enumerate(schema.fields) if f.kind in (Kind.NUMBER, Kind.BOOLEAN)]
    others = [i for i, f in enumerate(schema.fields) if f.kind in (Kind.CATEGORY, Kind.DATE)]
    words = [(f"text{i}", TfidfVectorizer(), i) for i in texts]
    filled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    linear = ColumnTransformer(
        [
            *words,
            *([("numbers", filled, numbers)] if numbers else []),
            *([("others", OneHotEncoder(handle_unknown="ignore"), others)] if others else []),
        ]
    )
    found = [Plain("TF-IDF, logistic regression" if texts else "logistic regression", schema,
                   make_pipeline(linear, LogisticRegression(max_iter=1000)))]  # fmt: skip
    if not texts:
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        dense = ColumnTransformer(
            [
                *([("numbers", FunctionTransformer(_floats), numbers)] if numbers else []),
                *([("others", codes, others)] if others else []),
            ]
        )
        boosting = make_pipeline(dense, HistGradientBoostingClassifier(random_state=0))
        found.append(Plain("boosting", schema, boosting))
    return found


def _floats(columns: np.ndarray) -> np.ndarray:
    return columns.astype(np.float64)


def _cell(value: Any, kind: Kind) -> Any:
    if kind in (Kind.NUMBER, Kind.BOOLEAN):
        return np.nan if value is None else float(value)
    return "" if value is None else str(value)


def _pixels(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("L"), dtype=np.float64).ravel() / 255
