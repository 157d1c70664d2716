from celery import shared_task

from witness import notebook


@shared_task(name="witness.tick", ignore_result=True)
def tick():
    notebook.write("tick")
