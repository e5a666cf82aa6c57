"""What raters are asked: data only, so that a study's protocol can be read, cited and changed in YAML.

To add one: `conf/protocol/<name>.yaml`, of the same class.  It says what an item is, what of it is shown, which
questions are asked with which keys, what is practiced first, and which shares the result reports.
"""

from selfinstruct.protocol.questions import Protocol as Protocol
