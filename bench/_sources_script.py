"""Run by the interpreter of MLServer or MLflow: train plain scikit-learn on rows, and save it to be served.

Nothing here is ours: it is what somebody does who knows the manual of the server.
"""

import json
from pathlib import Path
from typing import Any

import joblib
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from bench._peer_answers import answer


def train(server: str, folder: str, numbers: list[str], rows: list[dict[str, Any]], labels: list[str]) -> Any:
    """Train on rows and save for a server; return the order of the classes, which no protocol tells."""
    import pandas as pd

    path = Path(folder)
    if list(rows[0]) == ["body"]:
        inputs: Any = [row["body"] for row in rows]
        model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))
    else:
        inputs = pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64")).fillna({"note": ""})
        columns = ColumnTransformer(
            [
                ("numbers", SimpleImputer(), numbers),
                ("branch", OneHotEncoder(handle_unknown="ignore"), ["branch"]),
                ("note", TfidfVectorizer(), "note"),
            ]
        )
        model = make_pipeline(columns, LogisticRegression(C=10, max_iter=5_000))
    model.fit(inputs, labels)
    if server == "onnx":
        from skl2onnx import convert_sklearn
        from skl2onnx.common.data_types import StringTensorType

        options = {TfidfVectorizer: {"locale": "C.UTF-8"}, LogisticRegression: {"zipmap": False}}
        kinds = [("body", StringTensorType([None, 1]))]
        made = convert_sklearn(model, initial_types=kinds, options=options)
        (path / "model.onnx").write_bytes(made.SerializeToString())
    elif server == "mlserver":
        joblib.dump(model, path / "model.joblib")
        about = {"name": "bench", "implementation": "mlserver_sklearn.SKLearnModel"}
        about["parameters"] = {"uri": "./model.joblib", "version": "1"}  # type: ignore[assignment]
        (path / "model-settings.json").write_text(json.dumps(about))
    else:
        import mlflow

        mlflow.sklearn.save_model(
            model,
            str(path / "model"),
            pyfunc_predict_fn="predict_proba",
            signature=mlflow.models.infer_signature(inputs, model.predict_proba(inputs)),
            pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
        )
    return {"classes": model.classes_.tolist()}


if __name__ == "__main__":
    answer(train)
