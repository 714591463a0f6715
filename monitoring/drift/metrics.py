"""Which metrics a workflow has, and what people call them."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext, gettext_noop

from cases.models import SchemaVersion
from hitl.shared.words import shown
from models_store.selectors import champion
from monitoring.counts import hours, outputs
from monitoring.counts.outputs import label_cells
from monitoring.drift import examined
from monitoring.models import Binning
from monitoring.types import CountFamily, MetricKey
from science.drift.cells import CategoryCells, Cells
from science.drift.counting import Bins
from science.drift.measures import Measure
from science.fields import Kind


@dataclass(frozen=True, slots=True)
class Metric:
    """Something that is counted, as far as it is compared.

    Attributes:
        words: what people call it.
        cells: where its values fall; none of what is examined on cases and labels instead.
        binning_id: of an input, the bins that these are.
    """

    key: MetricKey
    words: str
    unit: str
    cells: Cells
    binning_id: UUID | None = None

    @property
    def is_counted(self) -> bool:
        """Whether it is compared by counts."""
        return self.key.measure not in examined.NAMES

    @property
    def is_ordered(self) -> bool:
        """Whether its values are numbers."""
        return self.cells.is_ordered


_OUTPUT_CELLS: dict[str, Cells] = {
    outputs.SCORE: outputs.SCORES,
    outputs.ROUTE: outputs.ROUTES,
    outputs.NULL: outputs.YES_NO,
    outputs.AGAIN: outputs.YES_NO,
}


_MEASURES = (
    *(measure for kind in Kind for measure in kind.traits.measured.each),
    *outputs.MEASURES,
    *hours.MEASURES,
    *examined.MEASURES,
)
_NO_CELLS = CategoryCells(())
OF_FIELDS = (
    gettext_noop("number of words"),
    gettext_noop("words never seen before"),
    gettext_noop("of words"),
    gettext_noop("characters other than letters"),
    gettext_noop("length"),
    gettext_noop("characters"),
    gettext_noop("script"),
    gettext_noop("form"),
    gettext_noop("brightness"),
    gettext_noop("contrast"),
    gettext_noop("sharpness"),
    gettext_noop("half octaves"),
    gettext_noop("dark pixels"),
    gettext_noop("bright pixels"),
    gettext_noop("width over height"),
    gettext_noop("longer side"),
    gettext_noop("pixels"),
    gettext_noop("loudness"),
    gettext_noop("dB below the loudest"),
    gettext_noop("tenths of a second"),
    gettext_noop("clipped samples"),
    gettext_noop("per 1,000"),
    gettext_noop("time with sound"),
    gettext_noop("pitch"),
    gettext_noop("Hz"),
    gettext_noop("mean frequency"),
    gettext_noop("energy above 2 kHz"),
    gettext_noop("sample rate"),
)
"""What is measured of fields, and in what: the words of `science.fields`, which knows no catalogue."""

_WORDS = {measure.name: measure.words for measure in _MEASURES}


def words_of(key: MetricKey) -> str:
    """Return what people call a metric, whether or not its field is still there."""
    words = shown(_WORDS.get(key.measure, key.measure))
    if key.family == CountFamily.INPUT and key.field:
        said = {"field": key.field, "measure": words}
        return gettext("%(field)s: %(measure)s") % said if words else key.field
    return words[:1].upper() + words[1:]


def present_bins(workflow_id: UUID) -> Binning | None:
    """Return the bins that inputs are counted in now; None before there are any."""
    return Binning.objects.filter(workflow_id=workflow_id, ended_at=None).first()


def metrics_now(workflow_id: UUID) -> dict[MetricKey, Metric]:
    """Return the metrics of a workflow, examined ones included; none before its cases are counted."""
    binning = present_bins(workflow_id)
    if binning is None:
        return {}
    return {one.key: one for one in _examined(binning)} | metrics_of(workflow_id, binning)


def metrics_of(workflow_id: UUID, binning: Binning) -> dict[MetricKey, Metric]:
    """Return what is counted in a workflow: inputs by their fields, then outputs, then people."""
    found = [*_inputs(binning), *_outputs(workflow_id), *_people()]
    return {one.key: one for one in found}


def _inputs(binning: Binning) -> Iterator[Metric]:
    version = SchemaVersion.objects.get(workflow_id=binning.workflow_id, number=binning.schema_version)
    cells = Bins.from_json(binning.bins).cells
    for field in version.schema.fields:
        for measure in field.kind.traits.measured.each:
            if (known := cells.get((field.name, measure.name))) is not None:
                key = MetricKey(CountFamily.INPUT.value, field.name, measure.name)
                yield Metric(key, words_of(key), measure.unit, known, binning.pk)


def _examined(binning: Binning) -> Iterator[Metric]:
    for measure in examined.OF_OUTPUTS:
        yield _plain(CountFamily.OUTPUT, measure, _NO_CELLS)
    for measure in examined.OF_INPUTS:
        yield _plain(CountFamily.INPUT, measure, _NO_CELLS)
    version = SchemaVersion.objects.get(workflow_id=binning.workflow_id, number=binning.schema_version)
    for field in version.schema.fields:
        for measure in examined.OF_A_FIELD:
            key = examined.input_key(measure.name, field.name)
            yield Metric(key, words_of(key), measure.unit, _NO_CELLS)


def _outputs(workflow_id: UUID) -> Iterator[Metric]:
    release = champion(workflow_id)
    for measure in outputs.MEASURES:
        if measure.name == outputs.LABEL:
            if release is not None:
                yield _plain(CountFamily.OUTPUT, measure, label_cells(release.labels))
        elif measure.name in _OUTPUT_CELLS:
            yield _plain(CountFamily.OUTPUT, measure, _OUTPUT_CELLS[measure.name])


def _people() -> Iterator[Metric]:
    for measure in hours.MEASURES:
        yield _plain(CountFamily.PEOPLE, measure, hours.CELLS[measure.name])


def _plain(family: CountFamily, measure: Measure, cells: Cells) -> Metric:
    key = MetricKey(family.value, "", measure.name)
    return Metric(key, words_of(key), measure.unit, cells)
