"""Layouts in the form in which data sets are published: names to classes and splits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.data.inventory import inventory_text
from engine.data.inventory.layouts.split_names import split_of
from engine.data.inventory.layouts.understanding import understand
from engine.errors import DataError, UndecidedError
from tests.listings import NamedPlace, spread, summary, understood


class Case(NamedTuple):
    """A layout: names, what is understood, and tables. The key is its row in docs/data.md."""

    names: Sequence[str]
    understood: str
    tables: Mapping[str, str] = {}
    labels: str = "auto"


AB = "train a:2 b:2"
N = "1 2"

FOLDERS: Mapping[str, Case] = {
    "plain": Case(spread("{}/{}.jpg", "a b", N), AB),
    "train-val-test": Case(
        spread("{}/{}/{}.png", "train val test", "a b", N),
        f"{AB}, validation a:2 b:2, test a:2 b:2",
    ),
    "capitals-and-words": Case(
        spread("{}/{}/{}.png", "Training Validation Testing", "a b", N),
        f"{AB}, validation a:2 b:2, test a:2 b:2",
    ),
    "set-suffix": Case(
        spread("{}/{}/{}.png", "training_set test_set", "a b", N), f"{AB}, test a:2 b:2"
    ),
    "hyphen-set-and-plural": Case(
        spread("{}/{}/{}.png", "train-sets tests", "a b", N), f"{AB}, test a:2 b:2"
    ),
    "dev-and-eval": Case(spread("{}/{}/{}.png", "trn dev", "a b", N), f"{AB}, validation a:2 b:2"),
    "kaggle-intel": Case(
        spread("{}/{}/{}.jpg", "seg_train/seg_train seg_test/seg_test", "a b", N)
        + spread("seg_pred/seg_pred/{}.jpg", "3 5 6"),
        f"{AB}, test a:2 b:2, 3 unlabelled",
    ),
    "chest-xray": Case(
        spread("chest_xray/{}/{}/{}.jpeg", "train test val", "NORMAL PNEUMONIA", N)
        + spread("chest_xray/__MACOSX/train/NORMAL/{}.jpeg", "._1 ._2"),
        "train NORMAL:2 PNEUMONIA:2, validation NORMAL:2 PNEUMONIA:2, test NORMAL:2 PNEUMONIA:2",
    ),
    "chest-xray-with-a-copy": Case(
        spread("chest_xray/{}/{}/{}.jpeg", "train test", "a b", N)
        + spread("chest_xray/chest_xray/{}/{}/{}.jpeg", "train test", "a b", N),
        f"{AB}, test a:2 b:2",
    ),
    "doubled-wrapper": Case(spread("dataset/dataset/train/{}/{}.jpg", "a b", N), AB),
    "flower-photos": Case(
        ["flower_photos/LICENSE.txt", *spread("flower_photos/{}/{}.jpg", "roses tulips", N)],
        "train roses:2 tulips:2",
    ),
    "caltech-101": Case(
        spread("101_ObjectCategories/{}/image_000{}.jpg", "accordion airplanes", N)
        + spread("Annotations/{}/annotation_000{}.mat", "accordion airplanes", N),
        "train accordion:2 airplanes:2",
    ),
    "cub": Case(
        spread("CUB_200_2011/images/{}/{}.jpg", "001.Black 002.Laysan", N)
        + spread("CUB_200_2011/attributes/{}.txt", "classes attributes"),
        "train 001.Black:2 002.Laysan:2",
    ),
    "stanford-dogs": Case(
        spread("Images/{}/{}.jpg", "n02085620-Chihuahua n02085782-Japanese_spaniel", N)
        + spread("Annotation/{}/{}", "n02085620-Chihuahua", N),
        "train n02085620-Chihuahua:2 n02085782-Japanese_spaniel:2",
    ),
    "dtd": Case(
        spread("dtd/dtd/images/{}/{}_0001.jpg", "banded dotted", N)
        + spread("dtd/dtd/labels/{}{}.txt", "train val test", N),
        "train banded:2 dotted:2",
    ),
    "class-images": Case(spread("{}/images/{}.jpg", "a b", N), AB),
    "subfolders-of-a-class": Case(
        [*spread("{}/{}.jpg", "a b", "1"), *spread("{}/deep/er/{}.jpg", "a b", "1 2 3")],
        "train a:4 b:4",
    ),
    "class-train-test": Case(spread("{}/{}/{}.png", "a b", "train test", N), f"{AB}, test a:2 b:2"),
    "mura-patients": Case(
        spread("MURA-v1.1/{}/{}/patient1/study1/{}.png", "train valid", "XR_ELBOW XR_HAND", N),
        "train XR_ELBOW:2 XR_HAND:2, validation XR_ELBOW:2 XR_HAND:2",
    ),
    "roboflow": Case(
        [*spread("{}/{}/{}.jpg", "train valid test", "a b", N), "README.roboflow.txt"],
        f"{AB}, validation a:2 b:2, test a:2 b:2",
    ),
    "mnist-numbers": Case(
        spread("{}/{}/{}.png", "training testing", "0 1", N), "train 0:2 1:2, test 0:2 1:2"
    ),
    "splits-below-images": Case(
        spread("images/{}/{}/{}.jpg", "train val", "a b", N)
        + spread("masks/{}/{}/{}.png", "train val", "a b", N),
        f"{AB}, validation a:2 b:2",
    ),
    "test-in-one-folder": Case(
        spread("train/{}/{}.jpg", "a b", N) + spread("test/unknown/{}.jpg", "1 2 3"),
        f"{AB}, 3 unlabelled",
    ),
    "test-without-classes": Case(
        spread("train/{}/{}.jpg", "a b", N) + spread("test/{}.jpg", "1 2 3"),
        f"{AB}, 3 unlabelled",
    ),
    "classes-called-train": Case(spread("{}/{}.jpg", "bus train", N), "train bus:2 train:2"),
    "classes-that-end-in-train": Case(
        spread("{}/{}.jpg", "blood_test road_train", N), "train blood_test:2 road_train:2"
    ),
    "parts-of-training": Case(spread("{}/{}/{}.jpg", "train_1 train_2", "a b", N), "train a:4 b:4"),
    "covid-radiography": Case(
        spread("COVID-19_Radiography_Dataset/{}/{}/{}.png", "COVID Normal", "images masks", N),
        "train COVID:2 Normal:2",
    ),
    "test-beside-classes": Case(
        spread("{}/{}.png", "good bad", N) + spread("test/{}/{}.png", "good bad", "9"),
        "train bad:2 good:2, test bad:1 good:1",
    ),
    "unsorted-test-beside-classes": Case(
        spread("{}/{}.png", "good bad test", N), "train bad:2 good:2, 2 unlabelled"
    ),
    "plant-seedlings": Case(
        [*spread("train/{}/{}.png", "Charlock Maize", N), "test/0021e90e4.png"],
        "train Charlock:2 Maize:2, 1 unlabelled",
        {"sample_submission.csv": "file,species\n0021e90e4.png,Sugar beet\n"},
    ),
    "inaturalist": Case(
        [*spread("{}2018/{}/{}.jpg", "train_val", "Aves Fungi", N), "test2018/9.jpg"],
        "train Aves:2 Fungi:2, 1 unlabelled",
    ),
    "documents-beside-a-data-set": Case(
        spread("dataset/{}/{}/{}.jpg", "train val", "a b", N) + spread("docs/{}.png", N),
        f"{AB}, validation a:2 b:2",
    ),
    "spanish-splits": Case(
        spread("{}/{}/{}.jpg", "Entrenamiento Validación prueba", "a b", N),
        f"{AB}, validation a:2 b:2, test a:2 b:2",
    ),
    "french-splits": Case(
        spread("jeu/{}/{}/{}.jpg", "entraînement validation test", "a b", N),
        f"{AB}, validation a:2 b:2, test a:2 b:2",
    ),
    "chinese-splits": Case(
        [*spread("{}/{}/{}.jpg", "训练集 验证集", "a b", N), "测试集/9.jpg"],
        f"{AB}, validation a:2 b:2, 1 unlabelled",
    ),
    "short-splits": Case(spread("{}/{}/{}.jpg", "X_tr X_te", "a b", N), f"{AB}, test a:2 b:2"),
    "languages-as-classes": Case(spread("{}/{}.jpg", "te tr", N), "train te:2 tr:2"),
    "views-as-parts-of-classes": Case(spread("{}/{}/{}.jpg", "a b", "img mask", N), AB),
    "folds": Case(spread("fold_{}/{}.jpg", "a b", N), "train fold_a:2 fold_b:2"),
    "sequences-as-classes": Case(spread("{}/{}.pgm", "s1 s2", N), "train s1:2 s2:2"),
}

DOGS = "id,breed\n1,pug\n2,pug\n3,dingo\n4,dingo\n"
FLAT = spread("train/{}.jpg", "1 2 3 4")

TABLES: Mapping[str, Case] = {
    "dog-breeds": Case(
        FLAT + spread("test/{}.jpg", "5 6"),
        "train pug:2 dingo:2, 2 unlabelled",
        {"labels.csv": DOGS, "sample_submission.csv": "id,dingo,pug\n5,0.5,0.5\n6,0.5,0.5\n"},
    ),
    "names-with-suffix-and-no-header": Case(
        FLAT, "train 0:2 7:2", {"train.csv": "1.jpg;7\n2.jpg;7\n3.jpg;0\n4.jpg;0\n"}
    ),
    "byte-order-mark": Case(FLAT, "train dingo:2 pug:2", {"l.csv": f"\ufeff{DOGS}"}),
    "paths-and-split-column": Case(
        spread("data/{}.png", "1 2 3 4 5 6"),
        "train a:2 b:2, validation a:1, test b:1",
        {
            "index.csv": "path,label,split\ndata/1.png,a,train\ndata/2.png,a,train\n"
            "data/3.png,b,train\ndata/4.png,b,train\ndata/5.png,a,val\ndata/6.png,b,test\n"
        },
    ),
    "tables-of-splits-beside-one-folder": Case(
        spread("images/{}.jpg", "Train_0 Train_1 Test_0 Test_1"),
        "train rust:1 healthy:1, 2 unlabelled",
        {
            "train.csv": "image_id,healthy,rust\nTrain_0,0,1\nTrain_1,1,0\n",
            "test.csv": "image_id\nTest_0\nTest_1\n",
            "sample_submission.csv": "image_id,healthy,rust\nTest_0,0.5,0.5\nTest_1,0.5,0.5\n",
        },
    ),
    "tiny-imagenet": Case(
        spread("train/{}/images/{}.JPEG", "n01 n02", N)
        + spread("val/images/{}.JPEG", "val_0 val_1")
        + spread("test/images/{}.JPEG", "test_0"),
        "train n01:2 n02:2, validation n02:1 n01:1, 1 unlabelled",
        {
            "val/val_annotations.txt": "val_0.JPEG\tn02\t0\t32\t44\t62\n"
            "val_1.JPEG\tn01\t52\t55\t57\t59\n",
            "wnids.txt": "n01\nn02\n",
            "words.txt": "n01\tgoldfish, Carassius auratus\nn02\tfrog\n",
        },
    ),
    "gtsrb": Case(
        spread("{}/{}/{}.png", "Train", "0 1 2", N)
        + spread("{}/{}.png", "Test Meta", "00001 00002"),
        "train 0:2 1:2 2:2, test 2:1 0:1",
        {
            "Test.csv": "Width,Height,ClassId,Path\n"
            "53,54,2,Test/00001.png\n42,45,0,Test/00002.png\n",
            "Meta.csv": "Path,ClassId,ShapeId\nMeta/00001.png,0,1\nMeta/00002.png,1,0\n",
        },
    ),
    "numbers-with-zeros": Case(
        [*spread("train/{}/{}.ppm", "00000 00001", N), "test/9.ppm"],
        "train 00000:2 00001:2, test 00001:1",
        {"test.csv": "Filename;Width;ClassId\n9.ppm;30;1\n"},
    ),
    "ham10000": Case(
        spread("HAM10000_images_part_1/{}.jpg", "ISIC_1 ISIC_2")
        + spread("HAM10000_images_part_2/{}.jpg", "ISIC_3 ISIC_4"),
        "train bkl:2 nv:2",
        {
            "HAM10000_metadata.csv": "lesion_id,image_id,dx,dx_type,age\n"
            "HAM_0,ISIC_1,bkl,histo,80.0\nHAM_0,ISIC_2,nv,histo,80.0\n"
            "HAM_1,ISIC_3,bkl,histo,75.0\nHAM_1,ISIC_4,nv,follow,75.0\n",
            "hmnist_8_8_L.csv": "pixel0000,pixel0001,label\n169,171,2\n19,24,2\n",
        },
    ),
    "roboflow-one-hot": Case(
        spread("{}/{}.jpg", "train valid", N),
        "train cat:1 dog:1, validation cat:1 dog:1",
        {
            f"{split}/_classes.csv": "filename, cat, dog\n1.jpg, 1, 0\n2.jpg, 0, 1\n"
            for split in ("train", "valid")
        },
    ),
    "column-by-name": Case(
        spread("faces/{}.jpg", "1 2 3 4"),
        "train -1:2 1:2",
        {"list.csv": "image_id,Smiling,Young\n1.jpg,1,1\n2.jpg,1,-1\n3.jpg,-1,1\n4.jpg,-1,-1\n"},
        "column:Smiling",
    ),
    "column-by-place": Case(
        spread("images/{}.png", "1 2 3 4"),
        "train a:2 b:2",
        {"t.csv": "1.png,0,a\n2.png,3,b\n3.png,0,a\n4.png,3,b\n"},
        "column:3",
    ),
    "imagenet-on-kaggle": Case(
        spread("ILSVRC/{}/{}/{}.JPEG", "train", "n01 n02", N)
        + spread("ILSVRC/{}/val_{}.JPEG", "val", "1 2"),
        "train n01:2 n02:2, validation n01:1 n02:1",
        {
            "LOC_val_solution.csv": "ImageId,PredictionString\n"
            "val_1,n01 111 108 441 193 \nval_2,n02 1 2 3 4 n02 5 6 7 8\n",
        },
    ),
    "isic-2019": Case(
        spread("ISIC_2019_{}_Input/{}.jpg", "Training Test", N),
        "train MEL:1 NV:1, 2 unlabelled",
        {"ISIC_2019_Training_GroundTruth.csv": "image,MEL,NV,BCC\n1,0.0,1.0,0.0\n2,1.0,0.0,0.0\n"},
    ),
    "nih-chest-xrays": Case(
        spread("images_00{}/images/{}.png", "1 2", "a b"),
        "train Hernia:2 Mass:2",
        {
            "Data_Entry_2017.csv": "Image Index,Finding Labels,Follow-up #,Patient Age\n"
            "images_001/a.png,Hernia,0,58\nimages_001/b.png,Mass,0,58\n"
            "images_002/a.png,Hernia,1,60\nimages_002/b.png,Mass,2,61\n"
        },
    ),
    "list-with-spaces": Case(
        spread("imgs/{}.jpg", "1 2 3 4"),
        "train 0:2 1:2",
        {"list.txt": "imgs/1.jpg 0\nimgs/2.jpg 0\nimgs/3.jpg 1\nimgs/4.jpg 1\n"},
    ),
    "same-names-in-two-splits": Case(
        spread("{}/{}.jpg", "train test", N),
        "train a:1 b:1, test b:1 a:1",
        {"train.csv": "id,label\n1,a\n2,b\n", "test.csv": "id,label\n1,b\n2,a\n"},
    ),
    "some-without-a-label": Case(
        spread("{}.jpg", "1 2 3 4 5"), "train pug:2 dingo:2, 1 unlabelled", {"labels.csv": DOGS}
    ),
    "numbered-folders-of-one-class": Case(
        spread("{}/{}.jpg", "class_1 class_2", "x y"),
        "train class_1:2 class_2:2",
        {"notes.csv": "id,label\nx,a\ny,b\n"},
    ),
}

PREFIXES: Mapping[str, Case] = {
    "dogs-vs-cats": Case(
        spread("train/{}.{}.jpg", "cat dog", "0 1") + spread("test1/{}.jpg", N),
        "train cat:2 dog:2, 2 unlabelled",
        labels="prefix",
    ),
    "oxford-pets": Case(
        spread("images/{}_{}.jpg", "Abyssinian great_pyrenees", "1 20")
        + spread("annotations/trimaps/{}_{}.png", "Abyssinian great_pyrenees", "1 20"),
        "train Abyssinian:2 great_pyrenees:2",
        labels="prefix",
    ),
}


@pytest.mark.parametrize("case", [*FOLDERS.values()], ids=FOLDERS)
def test_folders(case: Case) -> None:
    assert summary(understood(case.names, case.tables)) == case.understood


@pytest.mark.parametrize("case", [*TABLES.values()], ids=TABLES)
def test_tables(case: Case) -> None:
    said = summary(understood(case.names, case.tables, case.labels))
    assert _sorted(said) == _sorted(case.understood)


@pytest.mark.parametrize("case", [*PREFIXES.values()], ids=PREFIXES)
def test_prefixes(case: Case) -> None:
    assert summary(understood(case.names, case.tables, case.labels)) == case.understood


def _sorted(said: str) -> list[list[str]]:
    return [sorted(part.split()) for part in said.split(", ")]


# What is said where nothing can be trained


@pytest.mark.parametrize(
    ("names", "tables", "said"),
    [
        (["notes.md"], {}, "holds no images .* left out are files of other formats .1: notes.md."),
        (
            spread("train/{}.{}.jpg", "cat dog", N),
            {},
            "4 images in /set/train, such as cat.1.jpg, are not sorted into classes, but their "
            "names begin with 2 words .cat, dog.: type --set labels=prefix if",
        ),
        (spread("{}/img_{}.jpg", "train test", N), {}, "no table beside them names their classes"),
        (spread("all/{}.jpg", N), {}, "2 images in /set/all, such as 1.jpg, are not sorted"),
        (spread("dogs/{}.jpg", N), {}, "holds only the class 'dogs': a classifier needs"),
        (
            spread("{}/{}/1.jpg", "eins zwei", "a b c") + spread("drei/{}/1.jpg", "a b"),
            {},
            r"the folders drei, eins, zwei of /set hold folders of the same names \(a, b.*\), as "
            "splits do and classes do not: rename the one for training to train",
        ),
        (spread("{}/{}/1.jpg", "fold_1 fold_2", "a b"), {}, "fold_1, fold_2 of /set hold folders"),
        (spread("{}/{}/1.jpg", "val test", "a b"), {}, "no folder for training: name that train"),
        (
            spread("{}/{}/{}/1.jpg", "one two", "train val", "a b"),
            {},
            "2 data sets .* .one, two.: use one of them, as in --data /set/one",
        ),
        (
            [*spread("train/{}/{}.jpg", "a b", N), "val/c/1.jpg"],
            {},
            "/set/val holds 1 image of classes that train/ lacks: c; rename or add them, or leave "
            "it out .*: --set holdout=0.2",
        ),
        (
            spread("{}/{}/{}.jpg", "train val", "a b", N) + spread("test/{}/{}.jpg", "A c", N),
            {},
            r"/set/test holds 4 images of classes that train/ lacks: A \(a in train/\), c; rename",
        ),
        (
            spread("pics/im{}.png", N),
            {"Labels.csv": "photo,what\nIMG0,a\nIMG1,b\nIMG2,a\n"},
            "2 images in /set, such as im1.png, .*Labels.csv names IMG0, IMG1, IMG2, none of",
        ),
        (
            [*spread("pics/im{}.png", N), "labels.xlsx"],
            {},
            "labels in labels.xlsx are not read: save them as CSV",
        ),
        (
            [*spread("train/{}.jpg", N), "train/_annotations.coco.json"],
            {},
            "labels in train/_annotations.coco.json are not read: save them as CSV",
        ),
        (
            [*spread("train/{}/{}.jpg", "a b", N), "val/1.jpg"],
            {},
            "/set/val holds validation images without classes: give it the same",
        ),
        (
            FLAT,
            {"t.csv": "id,sex,site\n1,f,arm\n2,m,arm\n3,f,leg\n4,m,leg\n"},
            r"its columns is their class is not clear \(sex, site\).*--set labels=column:sex\.",
        ),
        (
            FLAT,
            {"t.csv": "1.jpg,0,a\n2.jpg,3,b\n3.jpg,0,a\n4.jpg,3,b\n"},
            r"is not clear \(2 \(0\), 3 \(a\)\).*--set labels=column:2\.",
        ),
        (
            FLAT,
            {
                "t.csv": "1.jpg,39,1,20,40,a\n2.jpg,39,1,21,41,b\n"
                "3.jpg,38,2,20,40,a\n4.jpg,38,2,21,41,b"
            },
            r"not clear \(2 \(39\), 3 \(1\), 4 \(20\), 5 \(40\), 6 \(a\)\)",
        ),
        (
            FLAT,
            {"t.csv": "id,cat,dog\n1,1,1\n2,0,1\n3,1,0\n4,0,0\n"},
            r"marks several classes .*\(cat, dog\).*--set labels=column:cat\.",
        ),
        (
            FLAT,
            {"t.csv": "id,label\n1,a\n1,b\n2,a\n2,b\n3,a\n3,b\n4,b\n"},
            "t.csv in /set gives 3 images several labels, such as train/1.jpg",
        ),
    ],
)
def test_what_is_there_and_what_to_type_is_said(
    names: Sequence[str], tables: Mapping[str, str], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        understood(names, tables)


def test_what_to_type_works() -> None:
    names, tables = spread("{}_{}.jpg", "cat dog", N), {"t.csv": "id,sex\ncat_1,f\ndog_2,f\n"}
    with pytest.raises(UndecidedError) as caught:
        understood(names, tables)
    assert caught.value.settings == ("labels=prefix",)
    assert summary(understood(names, tables, "prefix")) == "train cat:2 dog:2"
    tables = {"t.csv": "id,sex,site\ncat_1,f,arm\ncat_2,m,arm\ndog_1,f,leg\ndog_2,m,leg\n"}
    with pytest.raises(UndecidedError) as caught:
        understood(names, tables)
    assert caught.value.settings == ("labels=column:sex", "labels=column:site")
    assert summary(understood(names, tables, "column:site")) == "train arm:2 leg:2"
    tables = {"t.csv": "cat_1,0,a\ncat_2,3,b\ndog_1,0,a\ndog_2,3,b\n"}
    with pytest.raises(UndecidedError) as caught:
        understood(names, tables)
    assert caught.value.settings == ("labels=column:2", "labels=column:3")


@pytest.mark.parametrize(
    ("names", "labels", "said"),
    [
        (["1.jpg", "2.jpg"], "prefix", "labels=prefix needs names .* such as 1.jpg, none came"),
        (["cat1.jpg", "cat2.jpg"], "prefix", "such as cat1.jpg, only cat came"),
        (FLAT, "column:dx", "names its images beside a column 'dx'; labels.csv has breed"),
        (FLAT, "column:5", "column '5'; labels.csv has breed: choose"),
    ],
)
def test_labels_that_do_not_fit_are_refused(names: Sequence[str], labels: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        understood(names, {"labels.csv": DOGS}, labels)


# What is left out


def test_whatever_is_left_out_is_named_by_reason() -> None:
    layout = understood(
        [
            *spread("train/{}/{}.jpg", "a b", N),
            *("cover.jpg", "train/sheet.png", "sample/a/1.jpg"),
        ],
        {"README.txt": "hello"},
    )
    assert summary(layout) == AB
    assert layout.skipped == {
        inventory_text.LOOSE: ["cover.jpg", "train/sheet.png"],
        inventory_text.BESIDE: ["sample/a/1.jpg"],
        inventory_text.UNUSED_TABLE: ["README.txt"],
    }


def test_names_in_a_table_without_an_image_are_counted() -> None:
    layout = understood(FLAT, {"labels.csv": DOGS + "8,pug\n9,pug\n"})
    assert layout.notes == [inventory_text.missing_images(["labels.csv"], ["8", "9"])]
    assert layout.skipped == {}


def test_images_to_which_two_tables_give_other_classes_are_counted() -> None:
    """The longer table counts."""
    layout = understood(FLAT, {"b.csv": DOGS, "a.csv": "id,breed\n1,dingo\n4,pug\n"})
    assert layout.of("train") == understood(FLAT, {"b.csv": DOGS}).of("train")
    other = ["train/1.jpg", "train/4.jpg"]
    assert layout.notes == [inventory_text.contradicted("a.csv", other, ["b.csv", "a.csv"])]


def test_a_table_of_a_test_split_that_names_none_of_its_images_is_said() -> None:
    names = spread("{}/{}/{}.jpg", "train", "a b", N) + spread("test/{}.jpg", "7 8 9")
    found = understood(names, {"test.csv": "id,label\nx7.png,a\nx8.png,b\nx9.png,b\n"})
    assert summary(found) == "train a:2 b:2, 3 unlabelled"
    assert found.notes == [
        "test.csv names x7.png, x8.png, x9.png, none of which is one of the 3 images in test: "
        "correct the names in it, if it holds their classes."
    ]
    for tables in (
        {"test/names.csv": "a,cat\nb,dog\n"},
        {"test.csv": "id,size\n7,1\n8,2\n9,3\n"},
        {"test.csv": "id,label\n7,a\n8,b\n9,b\n"},
        {"sample_submission.csv": "id,label\nx7,a\nx8,b\nx9,b\n"},
    ):
        assert understood(names, tables).notes == []


def test_images_of_several_labels_and_of_one_name_are_left_out() -> None:
    layout = understood(
        [*spread("data/{}.jpg", "1 2 3 4 5"), "data/x/5.jpg"],
        {"labels.csv": DOGS + "4,pug\n5,pug\n"},
    )
    assert layout.skipped == {
        inventory_text.SEVERAL_LABELS: ["data/4.jpg"],
        inventory_text.UNCLEAR_NAME: ["data/5.jpg", "data/x/5.jpg"],
    }


def test_names_without_a_prefix_are_left_out() -> None:
    layout = understood([*spread("{}.{}.jpg", "cat dog", N), "7.jpg"], labels="prefix")
    assert layout.skipped == {inventory_text.NO_PREFIX: ["7.jpg"]}


def test_classes_that_training_lacks_are_left_out_where_a_share_is_held_out() -> None:
    names = [*spread("{}/{}/{}.jpg", "train val", "a b", N), "val/A/9.jpg"]
    layout = understand(NamedPlace(names, {}), holds_out=True)
    assert summary(layout) == f"{AB}, validation a:2 b:2"
    assert layout.skipped == {inventory_text.UNKNOWN_CLASS: ["val/A/9.jpg"]}


@pytest.mark.parametrize(
    ("tables", "lists"),
    [
        ({"images.txt": "1 a/1.jpg\n", "train_test_split.txt": "1 1\n"}, ["train_test_split.txt"]),
        (
            {f"meta/{s}.txt": "a/1\nb/2\n" for s in ("train", "test")},
            ["meta/test.txt", "meta/train.txt"],
        ),
        (
            {f"labels/{s}1.txt": "a/1.jpg\nb/2.jpg\n" for s in ("train", "val")},
            ["labels/train1.txt", "labels/val1.txt"],
        ),
        ({"train.txt": "a/1\n"}, []),
        ({"train.txt": "loss 3\n", "test.txt": "loss 4\n"}, []),
    ],
    ids=["cub", "food-101", "dtd", "one list", "logs"],
)
def test_lists_of_published_splits_are_named_in_a_note(
    tables: Mapping[str, str], lists: Sequence[str]
) -> None:
    layout = understood(spread("images/{}/{}.jpg", "a b", N), tables)
    assert layout.notes == ([inventory_text.unused_split_lists(lists)] if lists else [])


def test_folders_without_images_are_no_classes() -> None:
    layout = understood([*spread("train/{}/{}.jpg", "a b", N), "train/c/", "val/"])
    assert layout.notes == [inventory_text.empty_folders(["train/c", "val"])]


# Names


@pytest.mark.parametrize(
    ("split", "names"),
    [
        (
            "train",
            "train TRAIN Training trn train_set train-set trainset trains seg_train train2017",
        ),
        ("train", "asl_alphabet_train Train_Images training-data imagesTr/train trainLabels"),
        (
            "validation",
            "val Valid validation dev eval val_256 validation_images ILSVRC2012_img_val",
        ),
        ("test", "test Testing tests test1 test_set mnist-test TestImages"),
        ("predict", "seg_pred predictions unlabeled"),
        (
            None,
            "a cat contest latest valley trainer attest protest_march evaluate 0 茶 images data",
        ),
    ],
)
def test_names_of_splits(split: str | None, names: str) -> None:
    assert {name: split_of(name.rpartition("/")[2]) for name in names.split()} == dict.fromkeys(
        names.split(), split
    )


def test_the_order_is_that_of_folders_and_names() -> None:
    names = ["b/2.jpg", "a-b/1.jpg", "a/x/1.jpg", "a/x-y/1.jpg", "a/x/z/1.jpg", "a/y.jpg"]
    assert [name for name, _ in understood(names).of("train")] == [
        *("a/y.jpg", "a/x/1.jpg", "a/x/z/1.jpg", "a/x-y/1.jpg", "a-b/1.jpg", "b/2.jpg")
    ]


# The table for users


def test_every_layout_is_a_row_of_the_documentation() -> None:
    page = (Path(__file__).parents[1] / "docs/data.md").read_text(encoding="utf-8")
    tests = (("folders", FOLDERS), ("tables", TABLES), ("prefixes", PREFIXES))
    keys = [f"{group}[{key}]" for group, cases in tests for key in cases]
    assert sorted(re.findall(r"`tests/test_layouts\.py::test_(.+\])`", page)) == sorted(keys)


@pytest.mark.parametrize(
    ("table", "source"),
    [
        (DOGS, "breed of labels.csv, whose id names the images"),
        ("1.jpg;7\n2.jpg;7\n3.jpg;0\n", "column 2 of labels.csv, whose column 1 names the images"),
        ("id,pug,dingo\n1,0,1\n2,1,0\n", "marks of labels.csv, whose id names the images"),
    ],
)
def test_the_words_of_a_layout_say_which_table_and_column_gives_the_classes(
    table: str, source: str
) -> None:
    assert understood(FLAT, {"labels.csv": table}).words == f"train/*, classes from {source}"
