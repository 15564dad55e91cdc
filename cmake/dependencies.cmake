# Everything that is looked for on the system; scripts/bootstrap.sh installs the Debian packages behind it.
find_package(Threads REQUIRED)
find_package(TBB REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(JPEG REQUIRED)  # libjpeg-turbo: parts of pictures are no part of the older library
find_package(PNG REQUIRED)
find_package(simdjson REQUIRED)
find_package(pugixml REQUIRED)
find_package(yaml-cpp REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)  # all of it is in the header
find_package(OpenCV 4.5 REQUIRED COMPONENTS core dnn imgproc imgcodecs videoio)
