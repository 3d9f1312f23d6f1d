"""What a model can be adapted to do. One file a task; adding a task is adding a file and naming it here."""

from core.tasks.summarize import SUMMARIZE
from core.tasks.task import Task
from core.tasks.write import WRITE

TASKS: dict[str, Task] = {task.code: task for task in (WRITE, SUMMARIZE)}
