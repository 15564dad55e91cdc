#!/usr/bin/env bash
# From nothing to a trained classifier and a working detector: installs, builds, trains LeNet-5 on the 60,000 images of Debian's Fashion-MNIST
# package, measures it on the 10,000 test images, writes a folder of test images and predicts on it; then composes scenes of test garments on
# photographs, and finds them with the detector in data/models. Leaves everything in demo/. Works alone on a fresh Debian 12.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/bootstrap.sh
cmake --preset release
cmake --build --preset release -j "$(nproc)" --target fovea_cli
fovea=build/release/pipelines/cli/fovea
data=idx:/usr/share/datasets/fashion-mnist
rm -rf demo

$fovea train --task classify --data $data --names data/labels/fashion_mnist.txt --config data/recipes/fashion_mnist_lenet5.json --out demo/run
$fovea evaluate --model demo/run/weights/best.fovea --data $data --plots demo/test --json demo/test/metrics.json
$fovea convert --from $data --split test --count 200 --names data/labels/fashion_mnist.txt --to folder:demo/images
$fovea predict --model demo/run/weights/best.fovea --images demo/images --out demo/results

detector=data/models/scenes_center_tiny.fovea
$fovea make-scenes --out demo/scenes --count 200 --split test --seed 7 --names data/labels/fashion_mnist.txt
$fovea evaluate --model $detector --data coco:demo/scenes/annotations/instances.json --report demo/detection.html --json demo/detection.json
$fovea predict --model $detector --images demo/scenes/images --out demo/detections

cat <<END

demo/run/plots/learning_curves.png    losses and accuracy over the epochs
demo/test/confusion_matrix.png        which of the 10,000 test images are taken for what
demo/results/contact_sheet.png        predictions on test images, green where right
demo/results/overlays/                every image with its prediction
demo/run/weights/best.fovea           the model
demo/detection.html                   the detector on 200 new scenes: curves, confusion, kinds of errors, the worst images
demo/detections/overlays/             every scene with the boxes that were found
END
