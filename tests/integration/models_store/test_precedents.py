"""What people decided in cases like this one: human labels that stand, of the model's own training."""

import numpy as np
import pytest

from cases.models import Case, Label
from cases.types import CaseStatus
from hitl.shared.ids import new_id
from models_store.artifacts import path_of
from models_store.models import PrecedentIndex, Release
from models_store.services import precedents
from models_store.services.precedents import precedents_for
from tests.support.factories import NOW
from tests.support.model_rows import applications, credit_workflow, train_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def release(settings, tmp_path) -> Release:
    precedents.forget()
    run = train_now(credit_workflow())
    assert run.release is not None
    return run.release


def new_case(release: Release, content: dict[str, object]) -> Case:
    return Case.objects.create(
        workflow=release.workflow, schema_version=1, content=content, content_sha256=bytes(32),
        status=CaseStatus.WAITING, received_at=NOW, changed_at=NOW,
    )  # fmt: skip


def test_the_same_case_is_its_own_nearest_precedent_and_another_label_is_among_them(release: Release) -> None:
    assert PrecedentIndex.objects.get(release=release).n_cases == 300
    case = new_case(release, applications()[17].content)
    found = precedents_for(case_id=case.id, release_id=release.id)
    assert len(found) == 3
    assert found[0].similarity == pytest.approx(1, abs=1e-6)
    assert found[0].label == applications()[17].truth
    assert found[0].is_blind
    assert len({one.label for one in found}) == 2
    similarity = [one.similarity for one in found]
    assert similarity == sorted(similarity, reverse=True)


def test_a_case_is_never_its_own_precedent_and_what_no_longer_stands_is_none(release: Release) -> None:
    case = new_case(release, applications()[17].content)
    first = precedents_for(case_id=case.id, release_id=release.id)[0]
    own = precedents_for(case_id=first.case_id, release_id=release.id)
    assert first.case_id not in {one.case_id for one in own}
    Case.objects.filter(pk=first.case_id).update(status=CaseStatus.WITHDRAWN)
    second = precedents_for(case_id=case.id, release_id=release.id)[0]
    assert second.case_id != first.case_id
    Label.objects.filter(case_id=second.case_id).update(superseded_at=NOW)
    assert precedents_for(case_id=case.id, release_id=release.id)[0].case_id not in {
        first.case_id,
        second.case_id,
    }


def test_without_an_index_or_a_readable_file_there_are_none(release: Release, settings) -> None:
    case = new_case(release, applications()[17].content)
    assert precedents_for(case_id=new_id(), release_id=release.id) == []
    kept = PrecedentIndex.objects.get(release=release)
    from django.core.files.storage import storages

    shelf = storages["artifacts"]
    with shelf.open(path_of(kept.sha256), "rb") as file:
        whole = file.read()
    target = shelf.path(path_of(kept.sha256))
    with open(target, "wb") as file:
        file.write(whole[:-40] + bytes(40))
    assert precedents_for(case_id=case.id, release_id=release.id) == []
    PrecedentIndex.objects.filter(release=release).update(signature=np.zeros(32, np.uint8).tobytes())
    with open(target, "wb") as file:
        file.write(whole)
    assert precedents_for(case_id=case.id, release_id=release.id) == []
    PrecedentIndex.objects.all().delete()
    assert precedents_for(case_id=case.id, release_id=release.id) == []
