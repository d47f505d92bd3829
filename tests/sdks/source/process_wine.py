"""A script of a processing job in AWS's scikit-learn image: scales the features."""

import argparse
from pathlib import Path

import pandas
from sklearn.preprocessing import StandardScaler

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--greet", action="store_true")
    if parser.parse_args().greet:  # what requirements.txt installs
        import sagestep_greeting

        print(sagestep_greeting.GREETING)  # noqa: T201
    table = pandas.read_csv("/opt/ml/processing/input/wine.csv").drop(columns="target")
    scaled = pandas.DataFrame(StandardScaler().fit_transform(table), columns=table.columns)
    scaled.describe().loc[["count", "mean", "std"]].to_json(Path("/opt/ml/processing/output/scaled.json"))
