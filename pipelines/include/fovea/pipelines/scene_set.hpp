// Data sets of composed scenes: real objects on real photographs, with everything known of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "fovea/base/parallel.hpp"
#include "fovea/vision/scene.hpp"

namespace fovea {

struct SceneSetOptions {
  std::filesystem::path out;                                      ///< a folder that holds no scenes yet
  std::string objects = "idx:/usr/share/datasets/fashion-mnist";  ///< pictures of single things, grey on black: "idx:" or "folder:"
  std::string names;                                              ///< a file with one class name per line, for formats that hold none
  /// A picture, a folder of them or a list: photographs. Those without colour, or smaller than a quarter of the scene, are passed over.
  std::string backgrounds = "/usr/share/doc/opencv-doc/examples/data";
  std::string split = "train";  ///< train, val or test: of the objects, and of the photographs
  std::int64_t count = 100;
  std::uint64_t seed = 1;
  std::int64_t min_objects = 1, max_objects = 6;  ///< that are laid on a photograph; some find no place
  SceneOptions scene;
  std::function<void(std::int64_t done)> progress;  ///< from any thread; may be null
};

struct SceneSetSummary {
  std::int64_t scenes = 0, objects = 0, backgrounds = 0;
  std::filesystem::path annotations;  ///< COCO's JSON
};

/// The photographs of a split: test has every fourth group of files whose names begin alike ("aloeL.jpg", "aloeR.jpg"; "left.jpg",
/// "right.jpg"; pictures of one scene must not fall apart into training and test), train and val have the others.
std::vector<std::filesystem::path> backgrounds_of(const std::vector<std::filesystem::path>& files, const std::string& split);

/// Writes images/NNNNNN.jpg, labels/NNNNNN.png (0 the photograph, class + 1), annotations/instances.json (COCO, with masks),
/// labels/classes.txt (the names of the numbers there) and scenes.json (what the set was made of). Scene i depends on (seed, i, split) and
/// the options alone: more scenes begin with the same ones, for any number of threads. Throws OptionError and FileError.
SceneSetSummary write_scene_set(const SceneSetOptions& options, const Threads& threads);

}  // namespace fovea
